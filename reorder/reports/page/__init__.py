"""The figures of the HTML page."""
