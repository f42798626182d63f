// Packages of devices that are not installed here: they are imported for their effect, registering a device, alone.
declare module '@tensorflow/tfjs-backend-webgl' {
  export {};
}
declare module '@tensorflow/tfjs-backend-webgpu' {
  export {};
}
declare module '@tensorflow/tfjs-node' {
  export {};
}
declare module '@tensorflow/tfjs-node-gpu' {
  export {};
}
