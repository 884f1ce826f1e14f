"""What is done to a page's content, on its tree: mathematics, glossary, links to functions, listings, typography."""
