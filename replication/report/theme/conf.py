"""Sphinx's configuration of the report. Nothing in it may ask the network for anything."""

project = html_title = "CIPS, replicated"
extensions = ["myst_nb", "sphinx-mathjax-offline", "sphinx.ext.autodoc"]
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
add_module_names = toc_object_entries = False
exclude_patterns = ["claim.md"]  # a part of claims.md
nb_execution_mode = "off"  # the pipeline executed the notebooks
nb_merge_streams = True
nb_render_markdown_format = "myst"  # tables that notebooks print
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
numfig = True
numfig_format = {"figure": "Figure R%s"}  # R: of this report; the paper's are Fig. 1, 2, ...
html_theme = "sphinx_book_theme"
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_extra_path = ["live"]  # a page of its own, not Sphinx's
html_css_files = ["report.css"]
html_js_files = [("figures.js", {"defer": "defer"})]
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_last_updated_fmt = None
html_show_copyright = False
html_theme_options = {
    "footer_content_items": [],
    "home_page_in_toc": True,
    "navbar_persistent": [],
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
}
