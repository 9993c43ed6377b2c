"""What drivers are made from: profiles, clocks, joining of streams, and the last step of every decoder."""
