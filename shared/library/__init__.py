"""The library: pictures that accounts know by an id and a name, whatever made them."""
