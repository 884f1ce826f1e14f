"""The builder: what is added to Markdown on its way to a page. Each folder is a stage of this process.

`source` reads what others wrote, `insert` puts it into Markdown, `typeset` sets mathematics, glossary and listings on
the tree of a page's content, `comfort` helps those who read the whole page, and `beside` makes what stands beside the
pages. `site` connects them to mkdocs, and `state` holds what one build knows. No module keeps anything between builds.
"""
