// Photos as a phone's camera makes them: drawn and encoded by the browser under test, with an orientation of EXIF.
//
// Invariant: the same number gives the same picture; no two numbers do.

/** A JPEG of so many pixels as bytes; `orientation` as EXIF numbers it. */
export async function jpeg(page, { width = 1600, height = 1200, seed = 1, orientation = 1, noise = true, grain = false } = {}) {
  const bytes = await page.evaluate(async ([w, h, seed, noise, grain]) => {
    const canvas = new OffscreenCanvas(w, h);
    const to = canvas.getContext('2d');
    const sky = to.createLinearGradient(0, 0, 0, h);
    sky.addColorStop(0, `hsl(${(seed * 47) % 360} 60% 70%)`);
    sky.addColorStop(1, '#4a6b3a');
    to.fillStyle = sky;
    to.fillRect(0, 0, w, h);
    let n = seed * 7919;
    const next = () => (n = (n * 48271) % 2147483647) / 2147483647;
    for (let i = 0; noise && i < 4000; i += 1) {
      to.fillStyle = `hsl(${next() * 360} 50% ${next() * 100}%)`;
      to.fillRect(next() * w, next() * h, next() * w / 20, next() * h / 20);
    }
    if (grain) {
      // As the sensor of a phone at dusk: a file as large as such a camera's.
      const patch = new ImageData(512, 512);
      for (let i = 0; i < patch.data.length; i += 1) patch.data[i] = i % 4 === 3 ? 40 : next() * 255;
      const tile = new OffscreenCanvas(512, 512);
      tile.getContext('2d').putImageData(patch, 0, 0);
      to.fillStyle = to.createPattern(tile, 'repeat');
      to.fillRect(0, 0, w, h);
    }
    // Upper left is red: so that a test sees which way is up.
    to.fillStyle = '#f00';
    to.fillRect(0, 0, w / 4, h / 4);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, [width, height, seed, noise, grain]);
  return withOrientation(Buffer.from(bytes), orientation);
}

/** The JPEG with an EXIF block that says how it is to be turned. */
export function withOrientation(bytes, orientation) {
  if (orientation === 1) return bytes;
  const tiff = Buffer.from([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 0xff]);
  return Buffer.concat([bytes.subarray(0, 2), head, body, bytes.subarray(2)]);
}
