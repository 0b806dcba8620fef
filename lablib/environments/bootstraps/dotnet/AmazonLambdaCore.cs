// A source-compatible subset of the package Amazon.Lambda.Core, for functions that are compiled and run locally: the names,
// members and namespaces that handlers use (public reference of Amazon.Lambda.Core 2.x, 2026-11). Where the real package
// can be had, functions are compiled against that one; what is compiled against this one does not run on AWS.

using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Threading.Tasks;

[assembly: AssemblyVersion("1.0.0.0")]
[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("LambdaLab")]

namespace Amazon.Lambda.Core
{
    public interface ILambdaContext
    {
        string AwsRequestId { get; }
        IClientContext ClientContext { get; }
        string FunctionName { get; }
        string FunctionVersion { get; }
        ICognitoIdentity Identity { get; }
        string InvokedFunctionArn { get; }
        ILambdaLogger Logger { get; }
        string LogGroupName { get; }
        string LogStreamName { get; }
        int MemoryLimitInMB { get; }
        TimeSpan RemainingTime { get; }
        string TraceId { get; }
    }

    public interface IClientContext
    {
        IDictionary<string, string> Environment { get; }
        IClientApplication Client { get; }
        IDictionary<string, string> Custom { get; }
    }

    public interface IClientApplication
    {
        string AppPackageName { get; }
        string AppTitle { get; }
        string AppVersionCode { get; }
        string AppVersionName { get; }
        string InstallationId { get; }
    }

    public interface ICognitoIdentity
    {
        string IdentityId { get; }
        string IdentityPoolId { get; }
    }

    public enum LogLevel { Trace = 0, Debug = 1, Information = 2, Warning = 3, Error = 4, Critical = 5 }

    // In the real package all of these are the interface's own, most with a body. A caller sees no difference.
    public interface ILambdaLogger
    {
        void Log(string message);
        void LogLine(string message);
    }

    public static class LambdaLoggerExtensions
    {
        public static void Log(this ILambdaLogger logger, string level, string message, params object[] args)
        {
            LambdaLogger.Write((LogLevel)Enum.Parse(typeof(LogLevel), level, true), null, message, args);
        }

        public static void Log(this ILambdaLogger logger, LogLevel level, string message, params object[] args)
        {
            LambdaLogger.Write(level, null, message, args);
        }

        public static void Log(
            this ILambdaLogger logger, LogLevel level, Exception exception, string message, params object[] args)
        {
            LambdaLogger.Write(level, exception, message, args);
        }

        public static void LogTrace(this ILambdaLogger logger, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Trace, null, message, args);
        }
        public static void LogDebug(this ILambdaLogger logger, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Debug, null, message, args);
        }
        public static void LogInformation(this ILambdaLogger logger, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Information, null, message, args);
        }
        public static void LogWarning(this ILambdaLogger logger, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Warning, null, message, args);
        }
        public static void LogError(this ILambdaLogger logger, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Error, null, message, args);
        }
        public static void LogCritical(this ILambdaLogger logger, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Critical, null, message, args);
        }
        public static void LogInformation(this ILambdaLogger logger, Exception exception, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Information, exception, message, args);
        }
        public static void LogWarning(this ILambdaLogger logger, Exception exception, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Warning, exception, message, args);
        }
        public static void LogError(this ILambdaLogger logger, Exception exception, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Error, exception, message, args);
        }
        public static void LogCritical(this ILambdaLogger logger, Exception exception, string message, params object[] args)
        {
            LambdaLogger.Write(LogLevel.Critical, exception, message, args);
        }
    }

    public static class LambdaLogger
    {
        // The runtime's; set before a handler is loaded.
        internal static Action<LogLevel, Exception, string, object[]> Sink =
            (level, exception, message, args) => Console.WriteLine(message);

        public static void Log(string message) { Write(LogLevel.Information, null, message, null); }
        public static void Log(string level, string message)
        {
            Write((LogLevel)Enum.Parse(typeof(LogLevel), level, true), null, message, null);
        }
        public static void Log(LogLevel level, string message) { Write(level, null, message, null); }
        public static void Log(LogLevel level, string message, params object[] args) { Write(level, null, message, args); }
        public static void Log(LogLevel level, Exception exception, string message, params object[] args)
        {
            Write(level, exception, message, args);
        }

        internal static void Write(LogLevel level, Exception exception, string message, object[] args)
        {
            Sink(level, exception, message, args);
        }
    }

    public interface ILambdaSerializer
    {
        T Deserialize<T>(Stream requestStream);
        void Serialize<T>(T response, Stream responseStream);
    }

    [AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Method, AllowMultiple = false)]
    public sealed class LambdaSerializerAttribute : Attribute
    {
        public LambdaSerializerAttribute(Type serializerType) { SerializerType = serializerType; }
        public Type SerializerType { get; set; }
    }

    // SnapStart of .NET is stored and not simulated: what is registered here is never called locally.
    public static class SnapshotRestore
    {
        public static void RegisterBeforeSnapshot(Func<ValueTask> beforeSnapshotAction) { Require(beforeSnapshotAction); }
        public static void RegisterAfterRestore(Func<ValueTask> afterRestoreAction) { Require(afterRestoreAction); }
        private static void Require(Func<ValueTask> action) { if (action == null) throw new ArgumentNullException("action"); }
    }
}
