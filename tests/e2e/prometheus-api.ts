/** One alert that is pending or firing, https://prometheus.io/docs/prometheus/latest/querying/api/#alerts */
export interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>> & { readonly alertname: string };
  readonly annotations: Readonly<Record<string, string>>;
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#rules */
export interface LoadedRule {
  readonly name: string;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** The HTTP API of a running Prometheus. */
export class PrometheusApi {
  readonly #url: string;

  /** @param address such as `127.0.0.1:9090` */
  constructor(address: string) {
    this.#url = `http://${address}/api/v1`;
  }

  /** An instant vector. */
  async query(expr: string): Promise<readonly Series[]> {
    const { result } = await this.#get<{ result: readonly Series[] }>('query', { query: expr });
    return result;
  }

  async alerts(): Promise<readonly Alert[]> {
    const { alerts } = await this.#get<{ alerts: readonly Alert[] }>('alerts');
    return alerts;
  }

  async rules(): Promise<readonly LoadedRule[]> {
    const { groups } = await this.#get<{ groups: readonly { rules: readonly LoadedRule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async #get<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${this.#url}/${path}?${new URLSearchParams(parameters)}`);
    const said = (await answer.json()) as { status: string; data: T; error?: string };
    if (said.status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${said.error}`);
    return said.data;
  }
}
