"""Takes the course's own class."""

from faultlab.models.cart import CounterCart

CHECK = "*"


class Cart(CounterCart):
    pass


CART_TESTS = []
