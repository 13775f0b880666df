"""`cips train`."""
