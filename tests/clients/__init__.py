"""The clients that people use, asking and following in Node.js."""
