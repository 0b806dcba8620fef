// What a handler learns about its invocation, from the Runtime API's headers and the environment's variables.

using System;
using System.Collections.Generic;
using System.Text.Json;
using Amazon.Lambda.Core;

namespace LambdaLab
{
    internal sealed class Context : ILambdaContext, ILambdaLogger
    {
        private readonly long deadline;

        public Context(Dictionary<string, string> headers)
        {
            AwsRequestId = Header(headers, "lambda-runtime-aws-request-id");
            InvokedFunctionArn = Header(headers, "lambda-runtime-invoked-function-arn");
            TraceId = Header(headers, "lambda-runtime-trace-id");
            long.TryParse(Header(headers, "lambda-runtime-deadline-ms"), out deadline);
            var client = Header(headers, "lambda-runtime-client-context");
            if (!string.IsNullOrEmpty(client)) ClientContext = new Client(client);
            var identity = Header(headers, "lambda-runtime-cognito-identity");
            Identity = new Cognito(identity);
        }

        public string AwsRequestId { get; private set; }
        public string InvokedFunctionArn { get; private set; }
        public string TraceId { get; private set; }
        public IClientContext ClientContext { get; private set; }
        public ICognitoIdentity Identity { get; private set; }
        public string FunctionName { get { return Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_NAME"); } }
        public string FunctionVersion { get { return Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_VERSION"); } }
        public string LogGroupName { get { return Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_GROUP_NAME"); } }
        public string LogStreamName { get { return Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_STREAM_NAME"); } }
        public int MemoryLimitInMB
        {
            get { return int.Parse(Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")); }
        }
        public ILambdaLogger Logger { get { return this; } }

        public TimeSpan RemainingTime
        {
            get { return TimeSpan.FromMilliseconds(deadline - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()); }
        }

        public void Log(string message) { LambdaLogger.Log(message); }
        public void LogLine(string message) { LambdaLogger.Log(message); }

        private static string Header(Dictionary<string, string> headers, string name)
        {
            string value;
            return headers.TryGetValue(name, out value) ? value : null;
        }
    }

    internal sealed class Client : IClientContext, IClientApplication
    {
        private readonly JsonElement client;

        public Client(string json)
        {
            using (var document = JsonDocument.Parse(json))
            {
                var root = document.RootElement.Clone();
                if (root.ValueKind == JsonValueKind.Object) root.TryGetProperty("client", out client);
                Environment = Pairs(root, "env");
                Custom = Pairs(root, "custom");
            }
        }

        public IDictionary<string, string> Environment { get; private set; }
        public IDictionary<string, string> Custom { get; private set; }
        IClientApplication IClientContext.Client { get { return client.ValueKind == JsonValueKind.Object ? this : null; } }
        public string AppPackageName { get { return Text("app_package_name"); } }
        public string AppTitle { get { return Text("app_title"); } }
        public string AppVersionCode { get { return Text("app_version_code"); } }
        public string AppVersionName { get { return Text("app_version_name"); } }
        public string InstallationId { get { return Text("installation_id"); } }

        private string Text(string name)
        {
            JsonElement found;
            return client.TryGetProperty(name, out found) ? found.ToString() : null;
        }

        private static IDictionary<string, string> Pairs(JsonElement root, string name)
        {
            JsonElement found;
            var pairs = new Dictionary<string, string>();
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(name, out found)) return pairs;
            if (found.ValueKind != JsonValueKind.Object) return pairs;
            foreach (var pair in found.EnumerateObject()) pairs[pair.Name] = pair.Value.ToString();
            return pairs;
        }
    }

    internal sealed class Cognito : ICognitoIdentity
    {
        public Cognito(string json)
        {
            if (string.IsNullOrEmpty(json)) return;
            using (var document = JsonDocument.Parse(json))
            {
                JsonElement found;
                if (document.RootElement.TryGetProperty("cognitoIdentityId", out found)) IdentityId = found.GetString();
                if (document.RootElement.TryGetProperty("cognitoIdentityPoolId", out found)) IdentityPoolId = found.GetString();
            }
        }

        public string IdentityId { get; private set; }
        public string IdentityPoolId { get; private set; }
    }
}
