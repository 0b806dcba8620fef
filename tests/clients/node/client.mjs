// Drives the Lambda API through AWS's SDK for JavaScript; tests/clients/test_node_sdk.py gives it zips, and reads what it prints.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  CreateAliasCommand, CreateFunctionCommand, DeleteFunctionCommand, DeleteFunctionConcurrencyCommand, GetFunctionCommand,
  InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient, ListTagsCommand, PublishLayerVersionCommand,
  PublishVersionCommand, PutFunctionConcurrencyCommand, ResourceNotFoundException, TagResourceCommand,
  TooManyRequestsException, UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, paginateListFunctions,
  waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";

const role = process.argv[2];
const client = new LambdaClient({ maxAttempts: 1 });
const text = (bytes) => Buffer.from(bytes ?? []).toString();
const json = (bytes) => JSON.parse(text(bytes));
const waiting = { client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };

async function create(FunctionName, zip) {
  const made = await client.send(new CreateFunctionCommand({
    FunctionName, Runtime: "python3.12", Handler: "app.lambda_handler", Role: role, Timeout: 5,
    Code: { ZipFile: readFileSync(zip) }, Tags: { team: "shop" },
  }));
  await waitUntilFunctionActiveV2(waiting, { FunctionName });
  return made;
}

const invoke = (FunctionName, event, more = {}) =>
  client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }));

const made = await create("f", "1.zip");
assert.equal(made.State, "Pending");
assert.equal(made.$metadata.httpStatusCode, 201);

// Synchronous, with the log's tail; an event; a function's error.
const answer = await invoke("f", { n: 1 }, { LogType: "Tail" });
assert.deepEqual([answer.StatusCode, answer.ExecutedVersion, json(answer.Payload)], [200, "$LATEST", [1, { n: 1 }]]);
assert.match(Buffer.from(answer.LogResult, "base64").toString(), /said 1\nEND RequestId: [0-9a-f-]{36}\nREPORT/);
assert.equal((await invoke("f", {}, { InvocationType: "Event" })).StatusCode, 202);
assert.equal((await invoke("f", {}, { InvocationType: "DryRun" })).StatusCode, 204);
const failed = await invoke("f", { fail: true });
assert.deepEqual([failed.FunctionError, json(failed.Payload).errorType], ["Unhandled", "ValueError"]);

// A stream: pieces of the payload, then how it ended.
const streamed = await client.send(new InvokeWithResponseStreamCommand({ FunctionName: "f", Payload: JSON.stringify({ n: 2 }) }));
let body = "", ended;
for await (const event of streamed.EventStream) {
  if (event.PayloadChunk) body += text(event.PayloadChunk.Payload);
  if (event.InvokeComplete) ended = event.InvokeComplete;
}
assert.deepEqual([streamed.StatusCode, JSON.parse(body), ended.ErrorCode], [200, [1, { n: 2 }], undefined]);

// Versions, aliases, layers.
assert.equal((await client.send(new PublishVersionCommand({ FunctionName: "f" }))).Version, "1");
await client.send(new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile: readFileSync("2.zip") }));
await waitUntilFunctionUpdatedV2(waiting, { FunctionName: "f" });
await client.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));
const aliased = await invoke("f", {}, { Qualifier: "live" });
assert.deepEqual([aliased.ExecutedVersion, json(aliased.Payload)], ["1", [1, {}]]);
const layer = await client.send(new PublishLayerVersionCommand({ LayerName: "l", Content: { ZipFile: readFileSync("layer.zip") } }));
await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "f", Layers: [layer.LayerVersionArn] }));
await waitUntilFunctionUpdatedV2(waiting, { FunctionName: "f" });
assert.deepEqual(json((await invoke("f", {})).Payload), [2, {}, "layer"]);

// Errors are the SDK's own classes.
await client.send(new PutFunctionConcurrencyCommand({ FunctionName: "f", ReservedConcurrentExecutions: 0 }));
await assert.rejects(invoke("f", {}), (error) => error instanceof TooManyRequestsException
  && error.Reason === "ReservedFunctionConcurrentInvocationLimitExceeded" && error.$metadata.httpStatusCode === 429);
await client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: "f" }));
await assert.rejects(client.send(new GetFunctionCommand({ FunctionName: "nobody" })), (error) =>
  error instanceof ResourceNotFoundException && error.$metadata.httpStatusCode === 404);

// Tags, pages, and the end.
const arn = made.FunctionArn;
await client.send(new TagResourceCommand({ Resource: arn, Tags: { stage: "test" } }));
assert.deepEqual((await client.send(new ListTagsCommand({ Resource: arn }))).Tags, { stage: "test", team: "shop" });
await create("g", "2.zip");
const names = [];
let pages = 0;
for await (const page of paginateListFunctions({ client, pageSize: 1 }, {})) {
  pages += 1;
  names.push(...page.Functions.map((one) => one.FunctionName));
}
assert.deepEqual(names, ["f", "g"]);
assert.ok(pages >= 2);
for (const FunctionName of names) await client.send(new DeleteFunctionCommand({ FunctionName }));
await assert.rejects(invoke("f", {}), ResourceNotFoundException);
console.log("done");
