# frozen_string_literal: true

# Without namespaces: /tmp, /var/task, /opt and /var/runtime are folders of this environment.
#
# The methods of File, IO, Dir and Kernel that take a path are given the real folder's path, and errors name what the function
# asked for. Elsewhere they write nothing: all but /tmp is read-only on Lambda. What does not go through them (C extensions,
# child processes, __FILE__) sees the host's names; `doctor` says so.

require 'tmpdir'

# Names and the real folders behind them.
module MappedNames
  ONE_PATH = {
    File => %i[stat lstat exist? file? directory? symlink? readable? writable? executable? size size? zero? empty? mtime atime ctime
               birthtime readlink realpath realdirpath ftype truncate world_readable? world_writable? owned? mkfifo],
    IO => %i[read binread readlines foreach write binwrite],
    Dir => %i[open new entries children each_child foreach mkdir rmdir delete unlink exist? empty? chdir]
  }.freeze
  ALL_PATHS = { File => %i[delete unlink rename link symlink chmod lchmod chown lchown utime identical?] }.freeze
  CHANGES = %i[truncate mkfifo write binwrite mkdir rmdir delete unlink rename link symlink chmod lchmod chown lchown utime].freeze

  # What errors call them.
  CALLS = { write: 'rb_sysopen', binwrite: 'rb_sysopen', mkdir: 'dir_s_mkdir', rmdir: 'dir_s_rmdir', rename: 'rb_file_s_rename' }.freeze

  class << self
    def install(folders)
      @folders = folders
      %w[LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR PWD PATH LD_LIBRARY_PATH GEM_PATH GEM_HOME RUBYLIB].each do |name|
        ENV[name] = named(ENV[name]) if ENV[name]
      end
      ENV.delete('TMPDIR')
      map_singletons
      map_instances
    end

    # Text with the function's names in place of real paths.
    def named(text)
      @folders.reduce(text) { |found, (name, real)| found.gsub(real, name) }
    end

    # The real path; whatever is no path of the function's passes through.
    def real(path)
      return path unless path.respond_to?(:to_path) || path.is_a?(String)

      text = path.respond_to?(:to_path) ? path.to_path : path
      return path if text.start_with?('|') || @folders.each_value.any? { |folder| below?(text, folder) }

      found = @folders.find { |name, _| below?(File.expand_path(text), name) } if text.start_with?('/')
      found ? found[1] + File.expand_path(text)[found[0].size..] : path
    end

    # Raises as a read-only file system does; where there is no such folder, the call itself says so.
    def check_writable(path, call = 'rb_sysopen')
      return if path.is_a?(Integer)

      full = File.expand_path(path.respond_to?(:to_path) ? path.to_path : path.to_s, Dir.__send__(:real_pwd))
      return if [@folders['/tmp'], '/dev', '/proc'].any? { |folder| below?(full, folder) }

      raise Errno::EROFS.new(named(path.to_s), call) if File.directory?(File.dirname(full))
    end

    # Runs a call; its errors name what the function knows.
    def under_names
      yield
    rescue SystemCallError => e
      _, call, path = e.message.match(/ @ (\w+) - (.*)\z/m).to_a
      raise e unless path

      raise e.class.new(named(path), call), cause: nil
    end

    private

    def below?(path, folder)
      path == folder || path.start_with?("#{folder}/")
    end

    def map_singletons
      [[ONE_PATH, 1], [ALL_PATHS, 9]].each do |table, paths|
        table.each { |owner, names| names.each { |name| map_singleton(owner, name, paths) if owner.respond_to?(name) } }
      end
      Dir.singleton_class.alias_method(:real_pwd, :pwd)
      Dir.singleton_class.prepend(DirMethods)
    end

    def map_singleton(owner, name, paths)
      changes = CHANGES.include?(name)
      original = owner.method(name)
      owner.define_singleton_method(name) do |*values, **options, &block|
        values = values.each_with_index.map { |value, at| at < paths ? MappedNames.real(value) : value }
        given = name == :symlink ? values.last(1) : values.first(paths)
        given.each { |value| MappedNames.check_writable(value, CALLS.fetch(name, 'apply2files')) } if changes
        MappedNames.under_names { original.unbind.bind_call(self, *values, **options, &block) }
      end
    end

    def map_instances
      File.prepend(FileMethods)
      Object.prepend(KernelMethods)
    end
  end

  # File.new and File.open.
  module FileMethods
    def initialize(path, mode = 'r', *rest, **options)
      path = MappedNames.real(path)
      writes = mode.is_a?(Integer) ? mode.anybits?(IO::WRONLY | IO::RDWR | IO::CREAT) : /[wa+]/.match?(options[:mode] || mode || '')
      MappedNames.check_writable(path) if writes
      MappedNames.under_names { super(path, mode, *rest, **options) }
    end

    def path
      MappedNames.named(super)
    end
    alias to_path path
  end

  # What answers with paths.
  module DirMethods
    def pwd
      MappedNames.named(super)
    end
    alias getwd pwd

    def glob(patterns, *rest, **options, &block)
      found = super(Array(patterns).map { |pattern| MappedNames.real(pattern) }, *rest, **options).map { |name| MappedNames.named(name) }
      block ? found.each(&block) && nil : found
    end

    def [](*patterns)
      glob(patterns)
    end
  end

  # open, require and load.
  module KernelMethods
    private

    def open(path, *rest, **options, &block)
      super(MappedNames.real(path), *rest, **options, &block)
    end

    def require(path)
      super(MappedNames.real(path))
    end

    def load(path, *rest)
      super(MappedNames.real(path), *rest)
    end
  end
end
