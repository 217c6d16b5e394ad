/** The four services with the ports that the contract gives them. */
export const services = {
  'api-gateway': { public: 8000, operations: 9101 },
  'key-rotation-service': { public: undefined, operations: 9090 },
  'backup-service': { public: undefined, operations: 9102 },
  'alert-dispatcher': { public: 8003, operations: 9103 },
} as const;

export type ServiceName = keyof typeof services;

export const serviceNames = Object.keys(services) as ServiceName[];
