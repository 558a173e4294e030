"""What is to be made, settled before anything is decoded: what shows when, and what is heard."""
