"""What training and measuring read: arrays of images, splits, batches, patches."""
