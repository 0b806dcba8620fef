// Log lines and errors in the forms of AWS's .NET runtime.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Amazon.Lambda.Core;

namespace LambdaLab
{
    // Text: "time TAB request id TAB level TAB message"; with AWS_LAMBDA_LOG_FORMAT=JSON one object a line.
    internal sealed class Log
    {
        private static readonly string[] Labels = { "trce", "dbug", "info", "warn", "fail", "crit" };
        private readonly Stream output = Console.OpenStandardOutput();
        private readonly bool json = Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_FORMAT") == "JSON";
        private readonly bool plain = Environment.GetEnvironmentVariable("AWS_LAMBDA_HANDLER_LOG_FORMAT") == "Unformatted";
        private readonly LogLevel lowest;

        public string RequestId = "";

        public Log()
        {
            var level = Environment.GetEnvironmentVariable("AWS_LAMBDA_HANDLER_LOG_LEVEL")
                ?? Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_LEVEL") ?? "";
            if (level.Equals("FATAL", StringComparison.OrdinalIgnoreCase)) level = "Critical";
            if (level.Equals("WARN", StringComparison.OrdinalIgnoreCase)) level = "Warning";
            if (level.Equals("INFO", StringComparison.OrdinalIgnoreCase)) level = "Information";
            if (!Enum.TryParse(level, true, out lowest)) lowest = LogLevel.Information;
        }

        public void TakeConsole()
        {
            Console.SetOut(new ConsoleWriter(this, LogLevel.Information));
            Console.SetError(new ConsoleWriter(this, LogLevel.Error));
            LambdaLogger.Sink = Write;
        }

        public void Flush() { Console.Out.Flush(); Console.Error.Flush(); }

        public void Write(LogLevel level, Exception error, string message, object[] args)
        {
            if (level < lowest) return;
            var names = new List<KeyValuePair<string, object>>();
            message = args == null || args.Length == 0 ? message : Fill(message, args, names);
            Put(json ? AsJson(level, error, message, names) : AsText(level, error, message));
        }

        private string AsText(LogLevel level, Exception error, string message)
        {
            if (error != null) message += (string.IsNullOrEmpty(message) ? "" : "\n") + error;
            return plain ? message : Now() + "\t" + RequestId + "\t" + Labels[(int)level] + "\t" + message;
        }

        private string AsJson(LogLevel level, Exception error, string message, List<KeyValuePair<string, object>> names)
        {
            var held = new MemoryStream();
            var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            using (var writer = new Utf8JsonWriter(held, options))
            {
                writer.WriteStartObject();
                writer.WriteString("timestamp", Now());
                writer.WriteString("level", level.ToString());
                if (RequestId.Length > 0) writer.WriteString("requestId", RequestId);
                var trace = Environment.GetEnvironmentVariable("_X_AMZN_TRACE_ID");
                if (!string.IsNullOrEmpty(trace)) writer.WriteString("traceId", trace);
                writer.WriteString("message", message);
                foreach (var pair in names)
                {
                    writer.WritePropertyName(pair.Key);
                    if (pair.Value is IEnumerable || pair.Value == null || pair.Value.GetType().IsPrimitive)
                        JsonSerializer.Serialize(writer, pair.Value);
                    else writer.WriteStringValue(Convert.ToString(pair.Value, CultureInfo.InvariantCulture));
                }
                if (error != null)
                {
                    writer.WriteString("errorType", error.GetType().FullName);
                    writer.WriteString("errorMessage", error.Message);
                    writer.WriteStartArray("stackTrace");
                    foreach (var line in error.ToString().Split('\n')) writer.WriteStringValue(line.Trim());
                    writer.WriteEndArray();
                }
                writer.WriteEndObject();
            }
            return Encoding.UTF8.GetString(held.ToArray());
        }

        // "{count} of {product}" or "{0} of {1}" with the arguments in their order.
        private static string Fill(string template, object[] args, List<KeyValuePair<string, object>> names)
        {
            var filled = new StringBuilder();
            var next = 0;
            for (var i = 0; i < template.Length; i++)
            {
                var end = template[i] == '{' ? template.IndexOf('}', i) : -1;
                if (end < 0) { filled.Append(template[i]); continue; }
                var name = template.Substring(i + 1, end - i - 1).TrimStart('@').Split(':')[0];
                int index;
                if (!int.TryParse(name, out index)) index = next++;
                if (index >= args.Length) { filled.Append(template, i, end - i + 1); i = end; continue; }
                names.Add(new KeyValuePair<string, object>(name, args[index]));
                filled.Append(Convert.ToString(args[index], CultureInfo.InvariantCulture));
                i = end;
            }
            return filled.ToString();
        }

        private void Put(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text + "\n");
            lock (output) { output.Write(bytes, 0, bytes.Length); output.Flush(); }
        }

        private static string Now()
        {
            return DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        }
    }

    // Console.Write gathers until the line ends: each line is a log line of its level.
    internal sealed class ConsoleWriter : TextWriter
    {
        private readonly Log log;
        private readonly LogLevel level;
        private readonly StringBuilder held = new StringBuilder();

        public ConsoleWriter(Log log, LogLevel level) { this.log = log; this.level = level; }

        public override Encoding Encoding { get { return Encoding.UTF8; } }

        public override void Write(char value)
        {
            lock (held)
            {
                if (value != '\n') { held.Append(value); return; }
                log.Write(level, null, held.ToString().TrimEnd('\r'), null);
                held.Clear();
            }
        }

        // As AWS's: what is written as one line is one log line, also when it has line feeds in it.
        public override void WriteLine(string value)
        {
            lock (held)
            {
                log.Write(level, null, held + value, null);
                held.Clear();
            }
        }

        public override void Flush()
        {
            lock (held)
            {
                if (held.Length == 0) return;
                log.Write(level, null, held.ToString(), null);
                held.Clear();
            }
        }
    }

    internal static class Errors
    {
        // {"errorType", "errorMessage", "stackTrace", "cause"}, in this order; frames of the runtime's own are left out.
        public static byte[] Json(Exception error)
        {
            var held = new MemoryStream();
            var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            using (var writer = new Utf8JsonWriter(held, options))
                Put(writer, error);
            return held.ToArray();
        }

        private static void Put(Utf8JsonWriter writer, Exception error)
        {
            writer.WriteStartObject();
            writer.WriteString("errorType", error.GetType().Name);
            writer.WriteString("errorMessage", error.Message);
            var trace = Lines(error);
            if (trace.Count > 0)
            {
                writer.WriteStartArray("stackTrace");
                foreach (var line in trace) writer.WriteStringValue(line);
                writer.WriteEndArray();
            }
            if (error.InnerException != null)
            {
                writer.WritePropertyName("cause");
                Put(writer, error.InnerException);
            }
            var several = error as AggregateException;
            if (several != null)
            {
                writer.WriteStartArray("causes");
                foreach (var one in several.InnerExceptions) Put(writer, one);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }

        private static List<string> Lines(Exception error)
        {
            var lines = new List<string>();
            foreach (var line in (error.StackTrace ?? "").Split('\n'))
            {
                var text = line.Trim();
                if (text.Length > 0 && !text.StartsWith("at LambdaLab.", StringComparison.Ordinal)) lines.Add(text);
            }
            return lines;
        }
    }
}
