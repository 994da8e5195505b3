"""The pages as a person meets them: in the package, over HTTP and in a browser."""
