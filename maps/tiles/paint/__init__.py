"""The painter of the castle's pictures. Needs nothing but Python."""
