"""What makes a whole page easier to read: names for screen readers, tables that scroll, text that shows early."""
