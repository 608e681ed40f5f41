"""The commands that need no screen: each looks or does one thing, says it in sentences, and gives an exit status."""
