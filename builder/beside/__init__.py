"""What stands beside the pages: citations, cards, fonts, search, files to download, the printed edition."""
