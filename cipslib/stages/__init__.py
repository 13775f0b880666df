"""What the pipeline's stages do: read files, call the library, write files."""
