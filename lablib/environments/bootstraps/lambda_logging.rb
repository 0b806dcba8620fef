# frozen_string_literal: true

# What a Ruby function prints and logs, as Lambda has it: what `puts` is given is one log event however many lines it has, and
# a Logger's line names the request.

require 'json'
require 'logger'

$stdout.sync = true

# Writes whole events to the framed log.
class TelemetryLogSink < Logger::LogDevice
  FRAME = 0xa55a0003

  def initialize(descriptor)
    @file = IO.for_fd(descriptor, 'wb', autoclose: false)
    @file.sync = true
  end

  def write(message)
    text = message.end_with?("\n") ? message : "#{message}\n"
    micros = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
    @file.write([FRAME, text.bytesize, micros].pack('L>L>Q>') + text.b)
  end

  def reopen(_log = nil)
    self
  end

  def close; end
end

# `I, [time #pid]  INFO request -- progname: message`
class LambdaLogFormatter < Logger::Formatter
  LINE = "%<letter>s, [%<time>s #%<process>d] %<severity>5s %<request>s -- %<progname>s: %<message>s\n"

  def call(severity, time, progname, message)
    format(LINE, letter: severity[0], time: format_datetime(time), process: Process.pid, severity: severity,
                 request: $_global_aws_request_id, progname: progname, message: msg2str(message))
  end
end

# The JSON log format: one object a line.
class LambdaJsonLogFormatter < Logger::Formatter
  def call(severity, time, progname, message)
    line = { timestamp: time.utc.strftime('%Y-%m-%dT%H:%M:%S.%6NZ'), level: severity,
             message: message.is_a?(Exception) ? message.message : msg2str(message), requestId: $_global_aws_request_id }
    line[:logger] = progname.to_s unless progname.to_s.empty?
    line.update(error(message)) if message.is_a?(Exception)
    "#{JSON.generate(line.compact)}\n"
  end

  private

  def error(exception)
    at = exception.backtrace&.first&.match(/\A(?<file>.+):(?<line>\d+):in [`'](?<method>.+)'\z/)
    { errorType: exception.class.to_s, errorMessage: exception.message, stackTrace: Array(exception.backtrace),
      location: at && "#{at[:file]}:#{at[:method]}:#{at[:line]}" }
  end
end

# Loggers of the standard output write to the sink.
module LambdaLogging
  class << self
    attr_reader :sink

    def install
      descriptor = ENV.delete('_LAMBDA_TELEMETRY_LOG_FD')
      return unless descriptor

      @sink = TelemetryLogSink.new(descriptor.to_i)
      Logger.prepend(ToSink)
      Kernel.module_eval do
        def puts(*values)
          LambdaLogging.sink.write(values.flatten.map { |value| value.to_s.encode('UTF-8', invalid: :replace, undef: :replace) }.join("\n"))
          nil
        end
      end
    end

    def json?
      ENV['AWS_LAMBDA_LOG_FORMAT'].to_s.casecmp?('JSON')
    end
  end

  # Replaces Logger's constructor.
  module ToSink
    def initialize(device = nil, *rest, level: ENV.fetch('AWS_LAMBDA_LOG_LEVEL', 'debug').downcase, **options)
      ours = [nil, $stdout, $stderr].include?(device)
      level = 'debug' unless Logger::Severity.const_defined?(level.to_s.upcase) || level.is_a?(Integer)
      super(ours ? LambdaLogging.sink : device, *rest, level: level, **options)
      @default_formatter = LambdaLogging.json? ? LambdaJsonLogFormatter.new : LambdaLogFormatter.new if ours
    end
  end
end
