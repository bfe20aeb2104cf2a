// These functions run inside the page, so they may use nothing from outside themselves.

/** The number of pixels of a chart in the blue of its line, which axis and grid do not use. */
export function linePixels(canvas: Element): number {
  if (!(canvas instanceof HTMLCanvasElement)) throw new Error('not a canvas');
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let red = 0; red < data.length; red += 4) {
    if (data[red + 3]! > 200 && data[red + 2]! - data[red]! > 60) found += 1;
  }
  return found;
}

/** Every row and card whose content overflows. */
export function overfull(): string[] {
  return [...document.querySelectorAll('.target, .card, .numbers, .series-chart, .peer-cell, header')]
    .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth)
    .map((box) => `${box.className}: ${box.scrollWidth} in ${box.clientWidth} pixels`);
}

/**
 * Every visible text whose contrast with its background is below the 4.5:1 of WCAG 2.2, 1.4.3, with its contrast.
 */
export function tooFaint(): string[] {
  type Rgba = readonly [number, number, number, number];
  const pixel = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const context = pixel.getContext('2d', { willReadFrequently: true })!;
  const parse = (color: string): Rgba => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r!, g!, b!, a! / 255];
  };
  const behind = (element: Element): Rgba => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] === 1) return color;
      if (color[3] > 0) throw new Error(`a translucent background on ${at.className}: blend it here`);
    }
    return [255, 255, 255, 1];
  };
  const luminance = (color: Rgba): number => {
    const [r, g, b] = [color[0], color[1], color[2]].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const found: string[] = [];
  for (const element of document.body.querySelectorAll('*')) {
    const text = [...element.childNodes].filter(
      (n) => n.nodeType === Node.TEXT_NODE && n.textContent!.trim() !== '',
    );
    if (text.length === 0 || !element.checkVisibility()) continue;
    const [one, other] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const contrast = (Math.max(one!, other!) + 0.05) / (Math.min(one!, other!) + 0.05);
    if (contrast < 4.5) found.push(`${text[0]!.textContent} ${contrast.toFixed(2)}`);
  }
  return found;
}
