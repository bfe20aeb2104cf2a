import type { BucketsDocument, StatusDocument } from '../../src/monitor/status/types.ts';

export type ProbeEvent =
  | { readonly event: 'status'; readonly data: StatusDocument }
  | { readonly event: 'buckets'; readonly data: BucketsDocument };

/** Reads server-sent events until the caller stops. */
export async function* readEvents(url: string, signal: AbortSignal): AsyncGenerator<ProbeEvent> {
  const response = await fetch(url, { signal });
  if (!response.body) throw new Error(`${url} has no body`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
      if (event === 'status') yield { event, data: JSON.parse(data ?? '') };
      if (event === 'buckets') yield { event, data: JSON.parse(data ?? '') };
    }
  }
}
