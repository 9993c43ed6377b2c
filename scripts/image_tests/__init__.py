"""What `scripts/image_test.py` does: an engine, stand-ins for images, the build, and the compose file under fire."""
