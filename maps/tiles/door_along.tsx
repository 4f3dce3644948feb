<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="door_along" tilewidth="16" tileheight="32" tilecount="1" columns="1">
 <image source="door_along.png" width="16" height="32"/>
 <tile id="0" type="Door">
 </tile>
</tileset>
