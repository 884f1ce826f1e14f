"""What the pages are made from: the derivation, its tests, the exercises, the page of notation."""
