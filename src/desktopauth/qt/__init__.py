"""The window and its loop: the only importer of PySide6 and qasync."""
