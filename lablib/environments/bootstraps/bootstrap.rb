# frozen_string_literal: true

# Runs a Ruby handler in an environment: ruby bootstrap.rb HANDLER FOLDERS
#
# FOLDERS is a JSON object: empty in namespaces, where /tmp, /var/task, /opt and /var/runtime are what they are called;
# else the real folder behind each of these names. What it does is what AWS's client does (aws_lambda_ric, whose gem
# cannot be fetched here; read 2026-11-23): its classes of errors, their words, and when it ends itself.

require 'json'
require 'socket'
require 'stringio'
require_relative 'lambda_logging'

# What a handler gets as `context`.
class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name, :memory_limit_in_mb,
              :function_version, :identity, :client_context, :deadline_ms, :tenant_id

  def initialize(headers)
    @deadline_ms = headers['lambda-runtime-deadline-ms'].to_i
    @aws_request_id = headers['lambda-runtime-aws-request-id']
    @invoked_function_arn = headers['lambda-runtime-invoked-function-arn']
    @tenant_id = headers['lambda-runtime-aws-tenant-id']
    @log_group_name = ENV['AWS_LAMBDA_LOG_GROUP_NAME']
    @log_stream_name = ENV['AWS_LAMBDA_LOG_STREAM_NAME']
    @function_name = ENV['AWS_LAMBDA_FUNCTION_NAME']
    @memory_limit_in_mb = ENV['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']
    @function_version = ENV['AWS_LAMBDA_FUNCTION_VERSION']
    @identity = headers['lambda-runtime-cognito-identity']&.then { |text| JSON.parse(text) }
    @client_context = headers['lambda-runtime-client-context']&.then { |text| JSON.parse(text) }
  end

  def get_remaining_time_in_millis
    left = @deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)
    left.positive? ? left : 0
  end
end

module AwsLambda
  # Between JSON and Ruby's values; a function may define its methods anew, as on Lambda.
  class Marshaller
    def self.marshall_request(body)
      JSON.parse(body)
    end

    # A StringIO or an IO is sent as it is.
    def self.marshall_response(answer)
      case answer
      when StringIO, IO then [answer, 'application/unknown']
      else answer.to_json
      end
    end
  end
end

# The Runtime API, over one connection.
class RuntimeClient
  def initialize(address)
    @host, @port = address.split(':')
  end

  # The headers, with their names in lower case, and the body.
  def next
    request('GET', 'invocation/next')
  end

  def respond(id, body, content_type)
    request('POST', "invocation/#{id}/response", body, 'Content-Type' => content_type)
  end

  def fail(path, error, type)
    headers = { 'Content-Type' => 'application/json', 'Lambda-Runtime-Function-Error-Type' => type }
    request('POST', path, error.to_json, headers)
  end

  private

  def request(method, path, body = nil, headers = {})
    @socket ||= TCPSocket.new(@host, @port)
    head = ["#{method} /2018-06-01/runtime/#{path} HTTP/1.1", "Host: #{@host}:#{@port}"]
    head += headers.map { |name, value| "#{name}: #{value}" }
    head << "Content-Length: #{body.bytesize}" if body
    @socket.write("#{head.join("\r\n")}\r\n\r\n".b + body.to_s.b)
    answer
  end

  def answer
    raise "Received nothing from the Runtime API." unless @socket.gets("\r\n")

    headers = {}
    while (line = @socket.gets("\r\n").chomp("\r\n")) != ''
      name, value = line.split(':', 2)
      headers[name.downcase] = value.strip
    end
    [headers, @socket.read(headers['content-length'].to_i).force_encoding(Encoding::UTF_8)]
  end
end

# An error, as Lambda gives it back.
class Failure
  # AWS's client sends the type of these errors alone.
  NAMED = %w[ArgumentError NoMethodError Exception StandardError NameError LoadError SystemExit SystemStackError].freeze

  def initialize(error, classification)
    @class = error.class.to_s
    @object = {
      errorMessage: MappedNames.named(error.message),
      errorType: "#{classification}<#{@class}>",
      stackTrace: stack_of(error)
    }
  end

  attr_reader :object

  def header
    NAMED.include?(@class) ? @object[:errorType] : 'Function<UserException>'
  end

  def log(message)
    puts message
    puts JSON.pretty_generate(@object)
  end

  private

  # Down to the frames of this file.
  def stack_of(error)
    lines = (error.backtrace_locations || []).first(100).map(&:to_s).take_while { |line| !line.start_with?(__FILE__) }
    lines.grep_v(%r{/mapped_paths\.rb:}).map { |line| MappedNames.named(line) }
  end
end

# The function's method.
class LambdaHandler
  attr_reader :file

  def initialize(name)
    parts = name.split('.')
    @file, @class, @method = parts.size == 3 ? parts : [parts[0], nil, parts[1]]
    return if [2, 3].include?(parts.size)

    raise ArgumentError, "Invalid handler #{parts}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD where FILENAME " \
                         'corresponds with an existing Ruby source file FILENAME.rb, CLASS is an optional module/class namespace and ' \
                         'METHOD is a callable method. If using CLASS, METHOD must be a class-level method.'
  end

  def call(event, context)
    receiver = @class ? Kernel.const_get(@class) : self
    receiver.__send__(@method, event: event, context: context)
  end
end

# No mapping with namespaces.
module MappedNames
  def self.named(text)
    text
  end
end

# Loads the function and runs it upon each invocation.
class LambdaRunner
  def initialize(client)
    @client = client
  end

  def run(root, name)
    begin
      handler = LambdaHandler.new(name)
      $LOAD_PATH.unshift(root)
      require handler.file
    rescue Exception => e # rubocop:disable Lint/RescueException -- a SyntaxError, a LoadError, an exit are the function's too
      failure = Failure.new(e, 'Init')
      failure.log("Init error when loading handler #{name}")
      @client.fail('init/error', failure.object, failure.header)
      exit(252) # -4
    end
    loop { serve(handler) }
  end

  private

  def serve(handler)
    headers, body = @client.next
    id = $_global_aws_request_id = headers['lambda-runtime-aws-request-id'] # rubocop:disable Style/GlobalVars -- by this name, as on Lambda
    ENV['_X_AMZN_TRACE_ID'] = headers['lambda-runtime-trace-id']
    answer, content_type = result(handler, body, headers)
    answer = answer.read if content_type
    @client.respond(id, answer, content_type || 'application/json')
  rescue NameError => e # a misspelt name is nothing that goes away: the client ends itself
    fail_with(id, e, ends: true)
  rescue StandardError => e
    fail_with(id, e, ends: false)
  rescue Exception => e # rubocop:disable Lint/RescueException
    fail_with(id, e, ends: true)
  end

  def result(handler, body, headers)
    event = AwsLambda::Marshaller.marshall_request(body)
    AwsLambda::Marshaller.marshall_response(handler.call(event, LambdaContext.new(headers)))
  end

  def fail_with(id, error, ends:)
    failure = Failure.new(error, 'Function')
    failure.log(ends ? 'Critical exception from handler' : 'Error raised from handler method')
    @client.fail("invocation/#{id}/error", failure.object, failure.header)
    exit(255) if ends # -1
  end
end

handler, folders = ARGV.shift, JSON.parse(ARGV.shift)
unless folders.empty?
  require_relative 'mapped_paths'
  MappedNames.install(folders)
end
LambdaLogging.install
LambdaRunner.new(RuntimeClient.new(ENV.fetch('AWS_LAMBDA_RUNTIME_API'))).run(folders.fetch('/var/task', ENV.fetch('LAMBDA_TASK_ROOT')), handler)
