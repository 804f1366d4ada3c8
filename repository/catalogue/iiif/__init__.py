"""What the International Image Interoperability Framework asks: images, manifests, search within a volume."""
