"""`folkmoot load-test`: people without faces in rooms of a running server, over the public protocol."""
