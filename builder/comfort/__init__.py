"""What makes the whole page easier to read and to use: names for screen readers, tables that scroll, text that shows early."""
