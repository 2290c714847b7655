/** What stands before a method's name in the URL: package, version and service, as gRPC has it. */
export const CONTROL_PREFIX = "/musicfs.v1.MusicFS/";
