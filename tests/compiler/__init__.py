"""The compiled path answers as the ordinary one does, byte for byte."""
