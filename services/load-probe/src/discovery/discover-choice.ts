/** Whether a target stands for every address of its host, looked up again and again. */
export const discoverChoices = ['off', 'dns'] as const;
export type DiscoverChoice = (typeof discoverChoices)[number];
