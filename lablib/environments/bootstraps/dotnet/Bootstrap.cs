// The runtime of C# functions: it loads the handler and speaks with the Runtime API over one connection.
//
//     dotnet LambdaLab.dll ASSEMBLY::NAMESPACE.CLASS::METHOD
//
// The words of its errors and the form of its log lines are those of AWS's Amazon.Lambda.RuntimeSupport (2026-11).

using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LambdaLab
{
    // One answer of the Runtime API: headers by their lower-case name.
    internal sealed class Answer
    {
        public int Status;
        public Dictionary<string, string> Headers = new Dictionary<string, string>();
        public byte[] Body;
    }

    internal sealed class RuntimeApi
    {
        private const string Version = "/2018-06-01/runtime";
        private readonly Socket socket;
        private readonly string host;
        private readonly byte[] buffer = new byte[16384];
        private int at, end;

        public RuntimeApi(string address)
        {
            host = address;
            var parts = address.Split(':');
            IPAddress ip;
            if (!IPAddress.TryParse(parts[0], out ip)) ip = Dns.GetHostAddresses(parts[0])[0];
            socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(new IPEndPoint(ip, int.Parse(parts[1])));
        }

        public Answer Next() { return Ask("GET", "/invocation/next", null, null); }

        public void Respond(string id, ArraySegment<byte> body) { Ask("POST", "/invocation/" + id + "/response", body, null); }

        public void Fail(string id, string kind, byte[] body)
        {
            Ask("POST", "/invocation/" + id + "/error", new ArraySegment<byte>(body), kind);
        }

        public void FailInit(string kind, byte[] body) { Ask("POST", "/init/error", new ArraySegment<byte>(body), kind); }

        private Answer Ask(string method, string path, ArraySegment<byte>? body, string error)
        {
            var head = method + " " + Version + path + " HTTP/1.1\r\nHost: " + host + "\r\n";
            if (body != null) head += "Content-Type: application/json\r\nContent-Length: " + body.Value.Count + "\r\n";
            if (error != null) head += "Lambda-Runtime-Function-Error-Type: " + error + "\r\n";
            var start = Encoding.ASCII.GetBytes(head + "\r\n");
            if (body == null || body.Value.Count == 0) socket.Send(start);
            else socket.Send(new List<ArraySegment<byte>> { new ArraySegment<byte>(start), body.Value });
            return Read();
        }

        private Answer Read()
        {
            var answer = new Answer { Status = int.Parse(Line().Split(' ')[1]) };
            string line;
            while ((line = Line()).Length > 0)
            {
                var colon = line.IndexOf(':');
                answer.Headers[line.Substring(0, colon).ToLowerInvariant()] = line.Substring(colon + 1).Trim();
            }
            string length;
            answer.Body = new byte[answer.Headers.TryGetValue("content-length", out length) ? int.Parse(length) : 0];
            for (var got = 0; got < answer.Body.Length;)
            {
                if (at == end) Fill();
                var part = Math.Min(end - at, answer.Body.Length - got);
                Buffer.BlockCopy(buffer, at, answer.Body, got, part);
                at += part;
                got += part;
            }
            return answer;
        }

        private string Line()
        {
            var line = new StringBuilder();
            for (;;)
            {
                if (at == end) Fill();
                var letter = (char)buffer[at++];
                if (letter == '\n') return line.ToString();
                if (letter != '\r') line.Append(letter);
            }
        }

        private void Fill()
        {
            at = 0;
            end = socket.Receive(buffer);
            if (end == 0) Environment.Exit(0); // the environment is over
        }
    }

    internal static class Program
    {
        public static int Main(string[] args)
        {
            var log = new Log();
            log.TakeConsole();
            var api = new RuntimeApi(Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API"));
            Handler handler;
            try
            {
                handler = Handler.Load(args[0], Directory.GetCurrentDirectory());
            }
            catch (Exception error)
            {
                log.Write(Amazon.Lambda.Core.LogLevel.Error, error, "", null);
                api.FailInit(error.GetType().Name, Errors.Json(error));
                return 1;
            }
            for (;;) Serve(api, handler, log);
        }

        private static void Serve(RuntimeApi api, Handler handler, Log log)
        {
            var next = api.Next();
            var context = new Context(next.Headers);
            log.RequestId = context.AwsRequestId;
            Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", context.TraceId);
            var output = new MemoryStream();
            try
            {
                handler.Invoke(new MemoryStream(next.Body, 0, next.Body.Length, false, true), context, output);
            }
            catch (Exception error)
            {
                log.Write(Amazon.Lambda.Core.LogLevel.Error, error, "", null);
                log.Flush();
                api.Fail(context.AwsRequestId, error.GetType().Name, Errors.Json(error));
                return;
            }
            log.Flush();
            api.Respond(context.AwsRequestId, new ArraySegment<byte>(output.GetBuffer(), 0, (int)output.Length));
        }
    }
}
