"""An abstract interpreter for settings modules: what names are worth after a module ran, and why; nothing runs."""
