-- Health check of a ModelSelection for Argo CD, by the rules of kstatus. Argo CD itself reports Progressing while an object is being
-- deleted.
local generation = obj.metadata.generation
local status = obj.status or {}
if status.observedGeneration == nil or (generation ~= nil and status.observedGeneration ~= generation) then
  return {status = "Progressing", message = "the operator has not seen this version of the selection yet"}
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local function is(type, value)
  return conditions[type] ~= nil and conditions[type].status == value
end
local message = (conditions.Ready or {}).message

if is("Reconciling", "True") then
  return {status = "Progressing", message = conditions.Reconciling.message}
end
if is("Stalled", "True") then
  return {status = "Degraded", message = conditions.Stalled.message}
end
if is("Suspended", "True") then
  return {status = "Suspended", message = conditions.Suspended.message}
end
-- With readyPolicy Launched, Ready is True while jobs run: Progressing for hours would block all later sync waves.
if is("Ready", "True") then
  return {status = "Healthy", message = message}
end
return {status = "Progressing", message = message or "the operator has not written a condition yet"}
