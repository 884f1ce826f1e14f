"""What is put into a page's Markdown before it becomes HTML; patterns over text stay here, for Markdown has no tree."""
