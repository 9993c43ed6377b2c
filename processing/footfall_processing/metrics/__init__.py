"""What Footfall measures: the catalogue, and how metrics follow from events."""
