"""What helps whoever reads the whole page: names for screen readers, tables that scroll, text that shows early."""
