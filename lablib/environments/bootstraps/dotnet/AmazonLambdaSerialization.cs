// A source-compatible subset of the package Amazon.Lambda.Serialization.SystemTextJson (2.x, 2026-11), on the System.Text.Json
// that every .NET since 3.0 has. As there: nulls are not written, names are read whatever their case, a MemoryStream is Base64.

using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Lambda.Core;

[assembly: AssemblyVersion("1.0.0.0")]

namespace Amazon.Lambda.Serialization.SystemTextJson
{
    public class JsonSerializerException : Exception
    {
        public JsonSerializerException(string message) : base(message) { }
        public JsonSerializerException(string message, Exception exception) : base(message, exception) { }
    }

    public class DefaultLambdaJsonSerializer : ILambdaSerializer
    {
        protected JsonSerializerOptions SerializerOptions { get; private set; }

        public DefaultLambdaJsonSerializer() : this(null) { }

        public DefaultLambdaJsonSerializer(Action<JsonSerializerOptions> customizer)
        {
            SerializerOptions = new JsonSerializerOptions
            {
                IgnoreNullValues = true, PropertyNameCaseInsensitive = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
            };
            SerializerOptions.Converters.Add(new MemoryStreamConverter());
            SerializerOptions.Converters.Add(new SecondsConverter());
            if (customizer != null) customizer(SerializerOptions);
        }

        public T Deserialize<T>(Stream requestStream)
        {
            try
            {
                var held = requestStream as MemoryStream;
                if (held == null) { held = new MemoryStream(); requestStream.CopyTo(held); }
                var bytes = held.ToArray();
                return bytes.Length == 0 ? default(T) : Read<T>(bytes);
            }
            catch (Exception e)
            {
                throw new JsonSerializerException("Error converting the Lambda event JSON payload to type"
                    + " " + typeof(T).FullName + ": " + e.Message, e);
            }
        }

        public void Serialize<T>(T response, Stream responseStream)
        {
            try
            {
                Write(response, responseStream);
            }
            catch (Exception e)
            {
                throw new JsonSerializerException("Error converting the response object of type " + typeof(T).FullName + ""
                    + " from the Lambda function to JSON: " + e.Message, e);
            }
        }

        private T Read<T>(byte[] bytes) { return JsonSerializer.Deserialize<T>(bytes, SerializerOptions); }

        private void Write<T>(T response, Stream stream)
        {
            using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = SerializerOptions.Encoder }))
                JsonSerializer.Serialize(writer, response, SerializerOptions);
        }
    }

    public class CamelCaseLambdaJsonSerializer : DefaultLambdaJsonSerializer
    {
        public CamelCaseLambdaJsonSerializer() : base(options => options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase) { }
    }

    [Obsolete("Obsolete in the real package too: use DefaultLambdaJsonSerializer.")]
    public class LambdaJsonSerializer : DefaultLambdaJsonSerializer
    {
        public LambdaJsonSerializer() { }
        public LambdaJsonSerializer(Action<JsonSerializerOptions> customizer) : base(customizer) { }
    }

    internal class MemoryStreamConverter : JsonConverter<MemoryStream>
    {
        public override MemoryStream Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            return new MemoryStream(Convert.FromBase64String(reader.GetString()));
        }

        public override void Write(Utf8JsonWriter writer, MemoryStream value, JsonSerializerOptions options)
        {
            writer.WriteStringValue(Convert.ToBase64String(value.ToArray()));
        }
    }

    // Events of Kinesis and DynamoDB hold times as seconds since 1970.
    internal class SecondsConverter : JsonConverter<DateTime>
    {
        private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        public override DateTime Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            return reader.TokenType == JsonTokenType.Number ? Epoch.AddSeconds(reader.GetDouble()) : reader.GetDateTime();
        }

        public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
        {
            writer.WriteStringValue(value);
        }
    }
}
