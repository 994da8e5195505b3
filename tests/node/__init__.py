"""What runs in Node.js: others' clients, servers and audits, pinned in `package-lock.json`."""
