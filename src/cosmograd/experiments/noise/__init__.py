"""The noise of minibatches over batch sizes, momenta and ways of drawing, beside predicted temperatures."""
