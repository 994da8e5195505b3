"""What is known: records, and the SQL that fetches and changes them."""
