import sharp from 'sharp';

// Nothing of one image is kept for the next.
sharp.cache(false);
// The library reads many formats, by what the bytes look like: only those that pages show are opened, and no document formats.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((format) => `VipsForeignLoad${format}`),
});

export { sharp };
