// A handler of any of the shapes that Lambda allows, called through a delegate of its own type.

using System;
using System.IO;
using System.Reflection;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

namespace LambdaLab
{
    // In place of an input or an output that the handler does not have.
    internal struct Nothing { }

    internal abstract class Binding
    {
        public abstract Call Make(MethodInfo method, object target, ILambdaSerializer serializer);
    }

    internal sealed class Binding<TInput, TOutput> : Binding
    {
        private ILambdaSerializer serializer;

        public override Call Make(MethodInfo method, object target, ILambdaSerializer serializer)
        {
            this.serializer = serializer;
            var returns = method.ReturnType;
            if (returns == typeof(void))
            {
                var act = Action(method, target);
                return (input, context, output) => act(Read(input), context);
            }
            if (returns == typeof(Task))
            {
                var act = Function<Task>(method, target);
                return (input, context, output) => act(Read(input), context).GetAwaiter().GetResult();
            }
            if (returns == typeof(Task<TOutput>))
            {
                var act = Function<Task<TOutput>>(method, target);
                return (input, context, output) => Write(act(Read(input), context).GetAwaiter().GetResult(), output);
            }
            var function = Function<TOutput>(method, target);
            return (input, context, output) => Write(function(Read(input), context), output);
        }

        private static Action<TInput, ILambdaContext> Action(MethodInfo method, object target)
        {
            switch (Shape(method))
            {
                case "": { var f = Make<Action>(method, target); return (input, context) => f(); }
                case "context": { var f = Make<Action<ILambdaContext>>(method, target); return (input, context) => f(context); }
                case "input": { var f = Make<Action<TInput>>(method, target); return (input, context) => f(input); }
                default: return Make<Action<TInput, ILambdaContext>>(method, target);
            }
        }

        private static Func<TInput, ILambdaContext, T> Function<T>(MethodInfo method, object target)
        {
            switch (Shape(method))
            {
                case "": { var f = Make<Func<T>>(method, target); return (input, context) => f(); }
                case "context": { var f = Make<Func<ILambdaContext, T>>(method, target); return (input, context) => f(context); }
                case "input": { var f = Make<Func<TInput, T>>(method, target); return (input, context) => f(input); }
                default: return Make<Func<TInput, ILambdaContext, T>>(method, target);
            }
        }

        private static string Shape(MethodInfo method)
        {
            var parameters = method.GetParameters();
            if (parameters.Length == 0) return "";
            if (parameters.Length == 2) return "both";
            return parameters[0].ParameterType == typeof(ILambdaContext) ? "context" : "input";
        }

        private static T Make<T>(MethodInfo method, object target) where T : class
        {
            return (T)(object)(target == null
                ? Delegate.CreateDelegate(typeof(T), method) : Delegate.CreateDelegate(typeof(T), target, method));
        }

        private TInput Read(Stream input)
        {
            if (typeof(TInput) == typeof(Nothing)) return default(TInput);
            if (typeof(Stream).IsAssignableFrom(typeof(TInput))) return (TInput)(object)input;
            return serializer.Deserialize<TInput>(input);
        }

        private void Write(TOutput answer, Stream output)
        {
            var stream = answer as Stream;
            if (stream != null)
            {
                using (stream) stream.CopyTo(output);
            }
            else if (serializer != null)
            {
                serializer.Serialize(answer, output);
            }
        }
    }
}
