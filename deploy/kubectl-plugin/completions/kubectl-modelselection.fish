# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_modelselection_global_optspecs
    string join \n n/namespace= context= cluster= user= kubeconfig= as= as-group= request-timeout= color= ascii width= h/help V/version
end

function __fish_kubectl_modelselection_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_modelselection_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_modelselection_using_subcommand
    set -l cmd (__fish_kubectl_modelselection_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -s V -l version -d 'Print version'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "get" -d 'List selections'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "status" -d 'Show the runs, why runs wait, and the estimated remaining time'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "pareto" -d 'Show the Pareto front, the recommendation with its alternatives, and what is excluded'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "plot" -d 'Plot the front in the terminal or to a file'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "wait" -d 'Wait until a selection is complete, launched, or has a front'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "suspend" -d 'Start no new tuning jobs; running ones finish, or stop with --stop'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "resume" -d 'Resume a suspended or stopped selection'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "rerun" -d 'Rerun all runs with new tuning jobs'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "stop" -d 'Stop running tuning jobs and start no new ones; same as suspend --stop'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "export" -d 'Export all known training jobs: the best of each run, or all with spec.collect: All'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "promote" -d 'Write manifests or code that deploy the winner: its model and an endpoint configuration'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "plan" -d 'Show the effect of applying a manifest: runs to create, rerun, keep and stop, with hours and cost'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "diff" -d 'Show the changed fields of the spec and the runs that they rerun; exit codes as for plan'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "lint" -d 'Check manifests offline against the rules of the API server, and print its error messages'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "new" -d 'Write a valid manifest: from flags, from answers on a terminal, or from a notebook'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "logs" -d 'Show the logs of a run\'s training job, from CloudWatch Logs'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "doctor" -d 'Check the installation: CRD, operator, permissions, AWS identity, quotas, prices'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "support-bundle" -d 'Collect the data for a bug report in one file, without secrets'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "completion" -d 'Write a shell completion script'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "version" -d 'Show the versions of the plugin, of Kubernetes and of the installed API'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "__complete" -d 'Completions for kubectl, in Cobra\'s protocol'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -s o -l output -d 'Format' -r -f -a "wide\t''
json\t''
yaml\t''
csv\t''
name\t''"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -s A -l all-namespaces -d 'In all namespaces'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -s o -l output -d 'Format' -r -f -a "wide\t''
json\t''
yaml\t''
csv\t''
name\t''"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -s w -l watch -d 'Redraw after each change until the selection is complete'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l all -d 'Show all runs'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l dataset -d 'One dataset only' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -s o -l output -d 'Format' -r -f -a "wide\t''
json\t''
yaml\t''
csv\t''
name\t''"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l all -d 'Include dominated runs'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand pareto" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l dataset -d 'Dataset; default: the first' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l x -d 'Metric of the horizontal axis; default: the second objective' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l y -d 'Metric of the vertical axis; default: the first objective' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l log -d 'Logarithmic axes; default: by the scale of the objective; without one, if the largest value is at least 50 times the smallest' -r -f -a "x\t''
y\t''"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l linear -d 'Linear axes' -r -f -a "x\t''
y\t''"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -s o -l output -d 'File to write: FILE.svg, FILE.png, or the whole report as FILE.html; default: the terminal' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l for -d 'What to wait for' -r -f -a "complete\t'Every run has ended, and each dataset has a front'
launched\t'As many tuning jobs run as are allowed'
front\t'Each dataset has a front with a member'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l timeout -d 'Timeout, such as 30m or 12h; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l dry-run -d 'Print the change, let the server validate it, and change nothing'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l stop -d 'Also stop running tuning jobs'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand suspend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l dry-run -d 'Print the change, let the server validate it, and change nothing'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l token -d 'The new value of spec.rerun; default: the time' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l dry-run -d 'Print the change, let the server validate it, and change nothing'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand rerun" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l dry-run -d 'Print the change, let the server validate it, and change nothing'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -s o -l output -d 'Format' -r -f -a "csv\t''
json\t''
parquet\t''"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l candidate -d 'Candidate; default: the recommended one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l dataset -d 'Dataset; optional if there is only one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l image -d 'Image that serves the model; default: the one in the status' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l instance-type -d 'Instance type to serve it on; default: from the model\'s description, otherwise the training type' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -s o -l output -d 'Format' -r -f -a "kustomize\t'A folder for kustomize, with objects of AWS Controllers for Kubernetes'
ack\t'Model and EndpointConfig of AWS Controllers for Kubernetes'
terraform\t'Resources of Terraform'
sdk\t'Python that calls the SageMaker SDK'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l directory -d 'Directory to write the files into; default: standard output' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand promote" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -s f -l filename -d 'File of YAML or JSON, `-` for standard input' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l region -d 'The region of the operator, for a manifest without one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -s o -l output -d 'Format' -r -f -a "json\t''
yaml\t''"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l cluster-name -d 'The operator\'s --cluster-name, a part of the names of jobs; default: the uid of the namespace kube-system' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l sagemaker-endpoint -d 'Endpoint of SageMaker, such as that of an emulator; default: that of the AWS environment' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l models -d 'Folder that keeps the descriptions of models; default: kubectl-modelselection/models in the user\'s cache' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l offline -d 'Make no calls to the cluster or AWS: everything is new, and models are those in --models'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l show-requests -d 'Print the requests that the operator will send to SageMaker instead; models are read from SageMaker\'s hub'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -s f -l filename -d 'File of YAML or JSON, `-` for standard input' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -s f -l filename -d 'Files of YAML or JSON, `-` for standard input; may be repeated' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l task -d 'All JumpStart models of a task, by the word in their ids, such as ic, od or tc' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l model -d 'JumpStart model, such as pytorch-ic-mobilenet-v2 or pytorch-ic-mobilenet-v2@3.*; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l image -d 'Training image of your own; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l dataset -d 'Data, in the channel \'training\' unless another is named; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l objective -d 'Objective, such as val_accuracy:Maximize; may be repeated; the first one steers the search' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l metric -d 'Definition of a metric in the logs; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l range -d 'Searched hyperparameter, such as batch_size=8..64, lr=1e-5..1e-2:Logarithmic or optimizer=adam,sgd; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l hyperparameter -d 'Fixed hyperparameter; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l max-training-jobs -d 'Training jobs of each run' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l role -d 'Role that the training jobs run as' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l instance-type -d 'Instance type of the training jobs' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l output-uri -d 'Where model artifacts go' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l region -d 'Region; default: that of the operator' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l from-notebook -d 'Notebook that starts tuning jobs with the SageMaker SDK or boto3; flags override what it says' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -s o -l output -d 'File to write; default: standard output' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l no-questions -d 'Ask no questions, even on a terminal; values that are not given get examples'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l force -d 'Overwrite the file if it exists'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l training-job -d 'Training job of the run; default: the best; for a failed run, the one that failed; for an active run, the newest' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l tail -d 'Print only the last LINES lines of each instance' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l since -d 'Print only lines newer than this, such as 10m' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l region -d 'Region; default: that of the selection, or of the AWS environment' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l profile -d 'Profile of the AWS configuration; default: AWS_PROFILE' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l endpoint-url -d 'Endpoint of all AWS services; default: AWS_ENDPOINT_URL, or those of the region' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -s f -l follow -d 'Follow the logs until the training job ends'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l operator-namespace -d 'Namespace of the operator; used if you may not list Deployments in all namespaces' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -s o -l output -d 'Format' -r -f -a "json\t''
yaml\t''"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l region -d 'Region; default: that of the selection, or of the AWS environment' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l profile -d 'Profile of the AWS configuration; default: AWS_PROFILE' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l endpoint-url -d 'Endpoint of all AWS services; default: AWS_ENDPOINT_URL, or those of the region' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -s A -l all-namespaces -d 'The selections of all namespaces'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l offline -d 'Make no calls to AWS'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -s o -l output -d 'File to write; default: modelselection-support-TIME.tar.gz in this folder' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l operator-namespace -d 'Namespace of the operator; used if you may not list Deployments in all namespaces' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l region -d 'Region; default: that of the selection, or of the AWS environment' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l profile -d 'Profile of the AWS configuration; default: AWS_PROFILE' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l endpoint-url -d 'Endpoint of all AWS services; default: AWS_ENDPOINT_URL, or those of the region' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -s A -l all-namespaces -d 'The selections of all namespaces'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l redact-account-ids -d 'Replace the ids of AWS accounts by account-1, account-2 and so on'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l offline -d 'Make no calls to AWS'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand support-bundle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l client -d 'Make no calls to the cluster'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -s n -l namespace -d 'Namespace; default: that of the context' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l context -d 'Context of the kubeconfig; default: the current one' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l cluster -d 'Cluster of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l user -d 'User of the kubeconfig' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l kubeconfig -d 'Kubeconfig to use; default: KUBECONFIG, or ~/.kube/config' -r -F
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l as -d 'User to impersonate' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l request-timeout -d 'Longest time for one request, such as 10s; default: none' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l color -d 'When to use color; auto: on a terminal, unless NO_COLOR is set' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; in a pipe if CLICOLOR_FORCE is'
always\t'Always'
never\t'Never'"
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l width -d 'Width in columns; default: that of the terminal, or 80 in a pipe' -r
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -l ascii -d 'Use ASCII characters only; default: if the locale is not UTF-8'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand __complete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "get" -d 'List selections'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "status" -d 'Show the runs, why runs wait, and the estimated remaining time'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "pareto" -d 'Show the Pareto front, the recommendation with its alternatives, and what is excluded'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "plot" -d 'Plot the front in the terminal or to a file'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "wait" -d 'Wait until a selection is complete, launched, or has a front'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "suspend" -d 'Start no new tuning jobs; running ones finish, or stop with --stop'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "resume" -d 'Resume a suspended or stopped selection'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "rerun" -d 'Rerun all runs with new tuning jobs'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "stop" -d 'Stop running tuning jobs and start no new ones; same as suspend --stop'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "export" -d 'Export all known training jobs: the best of each run, or all with spec.collect: All'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "promote" -d 'Write manifests or code that deploy the winner: its model and an endpoint configuration'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "plan" -d 'Show the effect of applying a manifest: runs to create, rerun, keep and stop, with hours and cost'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "diff" -d 'Show the changed fields of the spec and the runs that they rerun; exit codes as for plan'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "lint" -d 'Check manifests offline against the rules of the API server, and print its error messages'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "new" -d 'Write a valid manifest: from flags, from answers on a terminal, or from a notebook'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "logs" -d 'Show the logs of a run\'s training job, from CloudWatch Logs'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "doctor" -d 'Check the installation: CRD, operator, permissions, AWS identity, quotas, prices'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "support-bundle" -d 'Collect the data for a bug report in one file, without secrets'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "completion" -d 'Write a shell completion script'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "version" -d 'Show the versions of the plugin, of Kubernetes and of the installed API'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "__complete" -d 'Completions for kubectl, in Cobra\'s protocol'
complete -c kubectl-modelselection -n "__fish_kubectl_modelselection_using_subcommand help; and not __fish_seen_subcommand_from get status pareto plot wait suspend resume rerun stop export promote plan diff lint new logs doctor support-bundle completion version __complete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
