"""The settings keys of Claude Code 2.1.330 and their shapes, from its own schema.

Also tried on 2.1.197. Where Claude Code passes over an ill-typed value, `anything`
stands; where its rules are longer than a shape can say, the key isn't taken over.
"""

from __future__ import annotations

from ccwrap.claude.shapes import (
    Shape,
    anything,
    between,
    either,
    fields,
    filled,
    flag,
    many,
    never,
    number,
    one_of,
    positive,
    table,
    tagged,
    text,
    web_address,
    whole,
)
from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _words(names: str) -> tuple[str, ...]:
    return tuple(names.split())


TEXTS: Final = _words("""
    $schema apiKeyHelper proxyAuthHelper awsCredentialExport awsAuthRefresh gcpAuthRefresh
    processWrapper attributionProject model otelHeadersHelper outputStyle language advisorModel
    agent minimumVersion requiredMinimumVersion requiredMaximumVersion plansDirectory timeZone
    timeFormat autoMemoryDirectory claudeMd pluginTrustMessage prUrlTemplate theme editorMode
    keybindingFlavor preferredNotifChannel teammateMode viewMode effortLevel maxEffortLevel
    promptCacheTtl subagentPromptCacheTtl askUserQuestionTimeout dialogExpiry modelProposedGoals
    crossSessionInbound remoteMessageReceipts desktopMcpServersListScope forceLoginMethod
    forceLoginGatewayUrl
""")

FLAGS: Final = _words("""
    respectGitignore syncClaudeAiSkills syncClaudeAiPlugins wslInheritsWindowsSettings
    includeCoAuthoredBy includeGitInstructions enforceAvailableModels enableAllProjectMcpServers
    disableClaudeAiConnectors disableBundledSkills disableDirectMcpSkills disableAllHooks
    disableReplyCheck disableAgentView disableRemoteControl disableWorkflows disableArtifact
    enableArtifact enableWorkflows workflowKeywordTriggerEnabled disableSkillShellExecution
    disableWindowsBashCommandSplit bashEditDiffEnabled respondToBashCommands allowManagedHooksOnly
    allowManagedPermissionRulesOnly allowManagedMcpServersOnly allowAllClaudeAiMcps
    allowClaudeInChromeWithManagedMcp disableCommandPluginSources disableSideloadFlags
    allowNestedModelAccessUnderForceLogin forceRemoteSettingsRefresh skipWebFetchPreflight
    spinnerTipsEnabled clawdFileProgressEnabled syntaxHighlightingDisabled terminalTitleFromRename
    alwaysThinkingEnabled ultracode fastMode fastModePerSessionOptIn promptSuggestionEnabled
    emojiCompletionEnabled awaySummaryEnabled responseComparisonEnabled
    showClearContextOnPlanAccept channelsEnabled prefersReducedMotion doneMeansMerged
    totalTokensReminderAfterUserTurn autoMemoryEnabled autoDreamEnabled showThinkingSummaries
    skipDangerousModePermissionPrompt skipWorkflowUsageWarning verbose autoCompactEnabled
    precomputeCompactionEnabled autoCompactRaisedForLoad idleCompaction switchModelsOnFlag
    autoContinueAtUsageLimit autoScrollEnabled wheelScrollAccelerationEnabled
    fileCheckpointingEnabled showTurnDuration showMessageTimestamps terminalProgressBarEnabled
    todoFeatureEnabled remoteControlAtStartup isolatePeerMachines autoUploadSessions
    inputNeededNotifEnabled agentPushNotifEnabled skipAutoPermissionPrompt useAutoModeDuringPlan
    voiceEnabled axScreenReader
""")

LISTS: Final = _words("""
    fallbackModel availableModels deniedModels enabledMcpjsonServers disabledMcpjsonServers
    allowedHttpHookUrls httpHookAllowedEnvVars prependPlugins appendPlugins
    pluginSuggestionMarketplaces gatewayInternalNetworks companyAnnouncements claudeMdExcludes
""")

WHOLES: Final = _words("""
    cleanupPeriodDays skillListingMaxDescChars bashOutputMaxChars taskOutputMaxChars
    totalTokensReminderBudget precomputeArmTokens autoCompactWindow
""")

COMMAND: Final = fields({"type": one_of("command"), "command": text}, ("type", "command"))

_ALL_HOOKS: Final = {"if": text, "statusMessage": text, "once": flag, "timeout": positive}

HOOK: Final = tagged(
    "type",
    {
        "command": fields(
            {
                **_ALL_HOOKS,
                "command": text,
                "args": many(text),
                "shell": one_of("bash", "powershell"),
                "onFailure": one_of("continue", "block"),
                "rewakeMessage": filled,
                "rewakeSummary": filled,
                **dict.fromkeys(("async", "asyncRewake", "holdsTools"), flag),
            },
            ("command",),
        ),
        "prompt": fields(
            {**_ALL_HOOKS, "prompt": text, "model": text, "continueOnBlock": flag}, ("prompt",)
        ),
        "agent": fields({**_ALL_HOOKS, "prompt": text, "model": text}, ("prompt",)),
        "mcp_tool": fields(
            {**_ALL_HOOKS, "server": text, "tool": text, "input": table(anything)},
            ("server", "tool"),
        ),
        "http": fields(
            {
                **_ALL_HOOKS,
                "url": web_address,
                "onFailure": one_of("continue", "block"),
                "headers": table(text),
                "allowedEnvVars": many(text),
            },
            ("url",),
        ),
    },
)
HOOKS: Final = table(many(fields({"matcher": text, "hooks": many(HOOK)}, ("hooks",))))

PERMISSIONS: Final = fields(
    {
        **dict.fromkeys(("allow", "deny", "ask", "additionalDirectories"), many(text)),
        **dict.fromkeys(
            ("blockReadsExemptPaths", "workingDirectoriesAsGiven", "workingDirectoriesExclude"),
            many(text),
        ),
        "defaultMode": one_of(
            "acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "manual", "plan"
        ),
        "disableBypassPermissionsMode": one_of("disable"),
        "disableAutoMode": one_of("disable"),
        "blockReadsOutsideWorkingDirectories": flag,
        "blockFileToolReadsOutsideWorkingDirectories": flag,
        "blockWritesOutsideWorkingDirectories": flag,
        "denyInsteadOfPrompting": flag,
    }
)

SANDBOX: Final = fields(
    {
        **dict.fromkeys(
            _words("""enabled failIfUnavailable autoAllowBashIfSandboxed allowUnsandboxedCommands
            enableWeakerNestedSandbox allowNestedUserNamespaces enableWeakerNetworkIsolation
            allowAppleEvents"""),
            flag,
        ),
        "network": fields(
            {
                **dict.fromkeys(
                    ("allowedDomains", "deniedDomains", "allowUnixSockets"), many(text)
                ),
                **dict.fromkeys(
                    _words("""strictAllowlist allowManagedDomainsOnly allowAllUnixSockets
                    allowLocalBinding"""),
                    flag,
                ),
                **dict.fromkeys(("httpProxyPort", "socksProxyPort"), number),
                "allowMachLookup": never("is not taken over"),
                "tlsTerminate": never("is not taken over"),
            }
        ),
        "filesystem": fields(
            {
                **dict.fromkeys(("allowWrite", "denyWrite", "denyRead", "allowRead"), many(text)),
                **dict.fromkeys(("allowManagedReadPathsOnly", "disabled"), flag),
            }
        ),
        "credentials": never("is not taken over"),
        "windows": fields({"backend": one_of("sandboxuser", "mxc")}),
        "ignoreViolations": table(many(text)),
        "excludedCommands": many(text),
        "ripgrep": fields({"command": text, "args": many(text)}, ("command",)),
        "bwrapPath": text,
        "socatPath": text,
    }
)

PLAIN: Final = either(text, number, flag, many(text))

SHAPES: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(TEXTS, text),
    **dict.fromkeys(FLAGS, flag),
    **dict.fromkeys(LISTS, many(text)),
    **dict.fromkeys(WHOLES, whole()),
    "env": table(either(text, number, flag)),
    "permissions": PERMISSIONS,
    "hooks": HOOKS,
    "sandbox": SANDBOX,
    "statusLine": fields(
        {
            "type": one_of("command"),
            "command": text,
            "padding": number,
            "refreshInterval": between(1, 2**53),
            "hideVimModeIndicator": flag,
        },
        ("type", "command"),
    ),
    "subagentStatusLine": COMMAND,
    "fileSuggestion": COMMAND,
    "attribution": fields({"commit": text, "pr": text, "sessionUrl": flag}),
    "attributionProjectPolicy": fields({"default": text}),
    "desktopSessionCleanupPeriodDays": whole(0),
    "skillListingBudgetFraction": between(1e-9, 1),
    "feedbackSurveyRate": between(0, 1),
    "feedbackDrafts": one_of("notify", "quiet", "off"),
    "maxProseWidth": whole(40),
    "modelOverrides": table(text),
    "modelPicker": fields(
        {
            "options": many(
                fields(
                    dict.fromkeys(("model", "label", "description", "behavesAs"), text), ("model",)
                )
            ),
            "replaceBuiltInOptions": flag,
        },
        ("options",),
    ),
    "availableModelsMatch": one_of("prefix", "exact"),
    "skillOverrides": table(one_of("on", "name-only", "user-invocable-only", "off")),
    "worktree": fields(
        {
            "symlinkDirectories": many(text),
            "sparsePaths": many(text),
            "baseRef": one_of("fresh", "head"),
            "bgIsolation": one_of("worktree", "none"),
            "location": text,
        }
    ),
    "workflowSizeGuideline": one_of("unrestricted", "small", "medium", "large"),
    "defaultShell": one_of("bash", "powershell"),
    "strictPluginOnlyCustomization": either(flag, many(text)),
    "enabledPlugins": table(either(flag, many(text))),
    "pluginConfigs": table(
        fields({"mcpServers": table(table(PLAIN)), "options": table(PLAIN)}),
    ),
    "forceLoginOrgUUID": either(text, many(text)),
    "parentSettingsBehavior": one_of("first-wins", "merge"),
    "managedSourcesBehavior": one_of("first-wins", "merge"),
    "allowedProviders": many(text),
    "spinnerVerbs": fields(
        {"mode": one_of("append", "replace"), "verbs": many(text)}, ("mode", "verbs")
    ),
    "remote": fields({"defaultEnvironmentId": text}),
    "remoteTools": fields({"allowUnattendedServing": flag}),
    "remoteControl": fields({"shareHostProfile": text}),
    "autoUpdatesChannel": one_of("latest", "stable", "rc"),
    "tui": one_of("default", "fullscreen"),
    "voice": fields({"enabled": flag, "mode": one_of("hold", "tap"), "autoSubmit": flag}),
    "totalTokensReminder": one_of("off", "infinite", "fixed", "countdown", "padded-countdown"),
    "disableAutoMode": one_of("disable"),
    "disableDeepLinkRegistration": one_of("disable"),
    "defaultView": one_of("chat", "transcript"),
    "autoMode": fields(
        {
            **dict.fromkeys(("allow", "soft_deny", "hard_deny", "environment"), many(text)),
            "classifyAllShell": flag,
        }
    ),
    "daemonColdStart": one_of("transient", "ask"),
    "breakReminder": fields(
        {
            "enabled": flag,
            "intervalMinutes": whole(),
            "breakThresholdMinutes": whole(),
            "message": text,
        }
    ),
    **dict.fromkeys(
        _words("""allowedMcpServers deniedMcpServers managedMcpServers extraKnownMarketplaces
        additionalMarketplaces strictKnownMarketplaces allowedMarketplaces blockedMarketplaces
        allowedChannelPlugins policyHelper policyHelpers modelPricing sshConfigs sshHostCommands
        quietHours xaaIdp"""),
        never("is not taken over"),
    ),
    **dict.fromkeys(
        _words("""additionalDirectoryConfigRoots footerLinksRegexes spinnerTipsOverride spellcheck
        modelSettings vimInsertModeRemaps autoCompactOfferAnswer"""),
        anything,
    ),
}
"""The top-level keys."""
