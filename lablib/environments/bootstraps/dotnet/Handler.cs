// From "Assembly::Namespace.Class::Method" to a call: the handler is found and checked once, and called without reflection.

using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

namespace LambdaLab
{
    public class LambdaValidationException : Exception
    {
        public LambdaValidationException(string message) : base(message) { }
    }

    internal delegate void Call(Stream input, ILambdaContext context, Stream output);

    internal sealed class Handler
    {
        private const BindingFlags Any =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        private readonly Call call;

        private Handler(Call call) { this.call = call; }

        public void Invoke(Stream input, ILambdaContext context, Stream output) { call(input, context, output); }

        public static Handler Load(string text, string folder)
        {
            var names = Parse(text);
            AssemblyLoadContext.Default.Resolving += (loader, name) => Find(loader, name, folder);
            var assembly = LoadAssembly(names[0], folder);
            var type = assembly.GetType(names[1]);
            if (type == null) throw Invalid("Unable to load type '" + names[1] + "' from assembly '" + names[0] + "'.");
            var method = FindMethod(type, names);
            var target = method.IsStatic ? null : Construct(type, method);
            return new Handler(Bind(method, target, Serializer(assembly, method), names[0]));
        }

        private static string[] Parse(string text)
        {
            const string valid = "The valid format is 'ASSEMBLY::TYPE::METHOD'.";
            if (string.IsNullOrWhiteSpace(text)) throw Invalid("Empty lambda function handler. " + valid);
            var names = text.Split(new[] { "::" }, 3, StringSplitOptions.None);
            if (names.Length != 3) throw Invalid("Invalid lambda function handler: '" + text + "'. " + valid);
            var parts = new[] { "assembly", "type", "method" };
            for (var i = 0; i < 3; i++)
            {
                names[i] = names[i].Trim();
                if (names[i].Length == 0)
                    throw Invalid("Invalid lambda function handler: '" + text + "', the " + parts[i] + " is missing. " + valid);
            }
            return names;
        }

        private static Assembly Find(AssemblyLoadContext loader, AssemblyName name, string folder)
        {
            foreach (var place in new[] { folder, "/opt/dotnet" })
            {
                var path = Path.Combine(place, name.Name + ".dll");
                if (File.Exists(path)) return loader.LoadFromAssemblyPath(path);
            }
            return null;
        }

        private static Assembly LoadAssembly(string name, string folder)
        {
            try
            {
                return AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(name));
            }
            catch (FileNotFoundException error)
            {
                throw Invalid("Could not find the specified handler assembly with the file name '" + error.FileName
                    + "'. The assembly should be located in the root of your uploaded .zip file.");
            }
            catch (Exception)
            {
                throw Invalid("Unable to load assembly '" + name + "'.");
            }
        }

        private static MethodInfo FindMethod(Type type, string[] names)
        {
            var found = new List<MethodInfo>();
            foreach (var method in type.GetMethods(Any | BindingFlags.FlattenHierarchy))
                if (method.Name == names[2] || method.ToString() == names[2]) found.Add(method);
            if (found.Count == 0)
                throw Invalid("Unable to find method '" + names[2] + "' in type '" + names[1] + "' from assembly '" + names[0]
                    + "': Found no methods matching method name '" + names[2] + "'.");
            if (found.Count > 1)
                throw Invalid("The method '" + names[2] + "' in type '" + names[1] + "' appears to have a number of"
                    + " overloads. To call this method"
                    + " please specify a complete method signature. Possible candidates are:\n" + string.Join("\n", found) + ".");
            Check(found[0], type);
            return found[0];
        }

        private static void Check(MethodInfo method, Type type)
        {
            if (type.IsGenericType)
                throw Invalid("The type '" + type.FullName + "' cannot be used as a Lambda Handler type because it is"
                    + " generic. Handler methods cannot"
                    + " be located in generic types. Please specify a handler method in a non-generic type.");
            if (method.IsAbstract)
                throw Invalid("The method '" + method + "' cannot be used as a Lambda Handler because it is an abstract"
                    + " method. Handler methods cannot be abstract. Please specify a non-abstract handler method.");
            if (type.IsAbstract && !method.IsStatic)
                throw Invalid("The instance method '" + method + "' cannot be used as a Lambda Handler because its type"
                    + " '" + type.FullName
                    + "' is abstract. Please either use a static handler or specify a type that is not abstract.");
            if (method.IsGenericMethod)
                throw Invalid("The method '" + method + "' cannot be used as a Lambda Handler because it is a generic"
                    + " method. Handler methods cannot be generic. Please specify a non-generic handler method.");
            if (method.ReturnType == typeof(void) && method.GetCustomAttribute<AsyncStateMachineAttribute>() != null)
                throw Invalid("The method '" + method + "' cannot be used as a Lambda Handler because it is an 'async void'"
                    + " method. Handler methods cannot be 'async void'. Please specify a method that is not 'async void'.");
            var parameters = method.GetParameters();
            if (parameters.Length > 2)
                throw Invalid("Method '" + method.Name + "' of type '" + type.FullName + "' is not supported: the method"
                    + " has more than 2 parameters.");
            if (parameters.Length == 2 && parameters[1].ParameterType != typeof(ILambdaContext))
                throw Invalid("Method '" + method.Name + "' of type '" + type.FullName + "' is not supported: the method"
                    + " has 2 parameters, but the second parameter is not of type '" + typeof(ILambdaContext).FullName + "'.");
        }

        private static object Construct(Type type, MethodInfo method)
        {
            try
            {
                return Activator.CreateInstance(type);
            }
            catch (TargetInvocationException error)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(error.InnerException).Throw();
                throw;
            }
        }

        // The method's, else the assembly's; null where there is none.
        private static ILambdaSerializer Serializer(Assembly assembly, MethodInfo method)
        {
            var attribute = method.GetCustomAttribute<LambdaSerializerAttribute>()
                ?? assembly.GetCustomAttribute<LambdaSerializerAttribute>();
            if (attribute == null) return null;
            var name = typeof(LambdaSerializerAttribute).FullName;
            if (attribute.SerializerType == null) throw Invalid("The 'SerializerType' property on attribute class"
                + " '" + name + "' is not set.");
            if (attribute.SerializerType.GetConstructor(Type.EmptyTypes) == null)
                throw Invalid("The indicated serializer '" + attribute.SerializerType.FullName + "' does not define a"
                    + " public zero-parameter constructor.");
            var made = Activator.CreateInstance(attribute.SerializerType) as ILambdaSerializer;
            if (made == null)
                throw Invalid("The '" + attribute.SerializerType.FullName + "' class is invalid: it does not implement the"
                    + " 'ILambdaSerializer' interface.");
            return made;
        }

        private static Call Bind(MethodInfo method, object target, ILambdaSerializer serializer, string assembly)
        {
            var parameters = method.GetParameters();
            var first = parameters.Length > 0 ? parameters[0].ParameterType : null;
            var input = first != typeof(ILambdaContext) ? first : null;
            var output = Result(method.ReturnType);
            if (serializer == null && input != null && !typeof(Stream).IsAssignableFrom(input))
                throw NoSerializer("deserialize input", assembly, method, input);
            if (serializer == null && output != null && !typeof(Stream).IsAssignableFrom(output))
                throw NoSerializer("serialize output", assembly, method, output);
            var binder = typeof(Binding<,>).MakeGenericType(input ?? typeof(Nothing), output ?? typeof(Nothing));
            var binding = (Binding)Activator.CreateInstance(binder);
            return binding.Make(method, target, serializer);
        }

        // What the handler answers with, its task taken off; null for nothing.
        private static Type Result(Type type)
        {
            if (type == typeof(void) || type == typeof(Task)) return null;
            return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>) ? type.GetGenericArguments()[0] : type;
        }

        private static LambdaValidationException NoSerializer(string what, string assembly, MethodInfo method, Type type)
        {
            return Invalid("Could not find the LambdaSerializerAttribute on the assembly '" + assembly + "' or method"
                + " '" + method.Name
                + "' while attempting to " + what + " data of type '" + type.FullName + "'. To use types other than"
                + " System.IO.Stream as input/output parameters, the assembly or Lambda function should be annotated with"
                + " " + typeof(LambdaSerializerAttribute).FullName + ".");
        }

        private static LambdaValidationException Invalid(string message) { return new LambdaValidationException(message); }
    }
}
