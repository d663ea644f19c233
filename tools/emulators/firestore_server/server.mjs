/**
 * Firestore on a free loopback port. Prints one line of JSON when it serves: {"host": ..., "admin": ...}.
 * Ends when its standard input closes, so it never outlives the process that started it.
 *
 * Environment: NODE_PATH, the folder of the npm packages; FIRESTORE_DESCRIPTORS, the protocol as a FileDescriptorSet.
 */
import { startAdmin } from "./admin.mjs";
import { Faults } from "./faults.mjs";
import { grpc } from "./modules.mjs";
import { serviceDefinition } from "./protocol.mjs";
import { FirestoreService, handlers } from "./service.mjs";
import { State } from "./state.mjs";

const [port = "0"] = process.argv.slice(2);

const service = new FirestoreService(new State(), new Faults());
const server = new grpc.Server({
  "grpc.max_receive_message_length": 11 * 1024 * 1024, // a request of 10 MiB is legal
  "grpc.max_concurrent_streams": 100, // what Google's front end allows per connection
});
server.addService(serviceDefinition, handlers(service, serviceDefinition));

const bound = await new Promise((resolve, reject) => {
  server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, result) =>
    error ? reject(error) : resolve(result),
  );
});
const admin = await startAdmin(service);
console.log(JSON.stringify({ host: `127.0.0.1:${bound}`, admin: `127.0.0.1:${admin.address().port}` }));

process.stdin.on("end", () => process.exit(0)).resume();
